"""The front doors: problems solved, proved, returned, and questions about what was returned."""

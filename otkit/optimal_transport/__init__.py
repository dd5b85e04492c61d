"""Problems solved, proved, returned, and questions about what was returned."""

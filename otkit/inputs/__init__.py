"""What people hold, turned into arrays: numbers of every type, data frames, labels; or refused, in words."""

"""Files, folders and processes, distrusted."""

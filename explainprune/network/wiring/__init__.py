"""What hangs together with what: links, paths, reach, and what they cost."""

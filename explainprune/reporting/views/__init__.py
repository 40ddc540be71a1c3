"""What each section of the page shows, worked out from the results: one file for each section."""

"""What a page shows of one pair beyond its figures: drawings, units, features, samples."""

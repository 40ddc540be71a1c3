"""What a layer is: one file for each family, with everything that is known of it."""

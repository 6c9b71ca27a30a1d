"""The staff desk, asked as its people's browsers ask it."""

"""What the bot knows: reviewed text files, carried as package data."""

"""What a build says of itself: its card, its Croissant file and its pictures."""

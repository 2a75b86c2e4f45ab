"""What people do with seeds and builds: one file per command; the command line and Python call them."""

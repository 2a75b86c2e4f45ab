"""What people do with seeds and builds: one use case a file; the command line and Python call them."""

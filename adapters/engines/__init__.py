"""What a kernel library does differently, stated once for the frameworks that compute on it. Free of frameworks."""

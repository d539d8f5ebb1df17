"""What happens to a case: generated, run, judged, recorded. Knows neither frameworks nor ops."""

"""Text, JSON and dates as JavaScript reads them."""

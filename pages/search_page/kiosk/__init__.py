"""The booth (kiosk mode): say, guess, answer, and a loop while nobody is there."""

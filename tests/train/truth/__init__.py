"""Known answers: small trainings whose verdict is known beforehand, found by the road that every user takes."""

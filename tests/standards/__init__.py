"""What standards/ must hold."""

"""What is acted, as pure data: categories, intensities, personas, script lines and the direction they come to."""

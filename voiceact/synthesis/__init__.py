"""From a request to a take, its neutral twin, its verdict and the clip that is kept."""

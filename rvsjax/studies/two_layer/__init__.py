"""The no-overlap network with a trained second layer."""

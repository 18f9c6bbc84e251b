"""Networks: population losses, coarse gradients, and their estimates."""

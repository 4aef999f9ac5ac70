"""What a number was measured on and with: commit, packages, processor, device, clock, checkpoints, network."""

"""What the policy `default` says otherwise than `reference`, item by item, on real folders."""

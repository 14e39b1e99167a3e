"""What the policy `strict` says otherwise than `default`, item by item, on real folders."""

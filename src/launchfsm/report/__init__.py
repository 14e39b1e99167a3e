"""What people look at: a launch as a timeline, teams and policies as pages."""

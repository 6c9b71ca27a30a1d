"""What somebody would try who means harm: at the door, on the wire, in every field."""

"""What GIS tools read: plans, findings and layers as collections of features, under the one policy of access."""

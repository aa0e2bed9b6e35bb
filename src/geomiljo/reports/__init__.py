"""An assessment as files and text that programs and people read."""

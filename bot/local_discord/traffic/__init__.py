"""What went over the wire: kept, streamed to the page, and recorded."""

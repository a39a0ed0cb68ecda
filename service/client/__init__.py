"""What a party runs that keeps its own key: it seals, signs, posts and checks. It needs the service by HTTP only."""

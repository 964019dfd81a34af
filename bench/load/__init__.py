"""The load generator: a process of its own that plays many people over sockets and writes down what it saw."""

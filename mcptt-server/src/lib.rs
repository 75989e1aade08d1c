//! The MCPTT server as one sans-IO object, `Node`, and the driver that gives it sockets and a clock.

"""The MQTT connection, and a broker to start where none is at hand."""

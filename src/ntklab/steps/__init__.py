"""One thin command per rule of the workflow: read files, call one function of the library, save with provenance."""

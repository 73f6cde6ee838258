package org.pocketdistill.config;

/** Where a value was written: a line of a file, or a flag of the command line (line 0). */
record Place(String source, int line) {}

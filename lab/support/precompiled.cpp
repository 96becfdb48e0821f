// Nothing: with this file the headers that tests include are compiled, once for all of them.

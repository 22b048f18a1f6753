#!/usr/bin/python3
"""Writes values.json beside this file: what operators, losses, layers and the rest are to give.

The values come from elsewhere: PyTorch (Debian's python3-torch), mpmath (python3-mpmath), tables
in papers, plain arithmetic; each case says which. No test runs this. To do so, with Debian's
interpreter and these packages:

    /usr/bin/python3 tests/values/generate.py

It draws nothing: on the same versions the file comes out the same.
"""
import pathlib
import sys

sys.dont_write_bytecode = True  # leaves nothing beside the sources

import creation
import decompositions
import activations
import elementwise
import mathematics
import networks
import order
import products
import shapes
import table
import tensors
import training
import typed

elementwise.write_all()
mathematics.write_all()
tensors.write_all()
shapes.write_all()
order.write_all()
products.write_all()
networks.write_all()
training.write_all()
creation.write_all()
typed.write_all()
decompositions.write_all()
activations.write_all()
table.write(pathlib.Path(__file__).parent / "values.json")

//! Each rule of the mapping, as text in and canonical text out.

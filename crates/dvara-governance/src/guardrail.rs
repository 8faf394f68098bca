//! Attacks on the model and contents that nobody wants, in what is asked and what is answered.

//! libFuzzer around [`dvara_fuzz::stream::cohere`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::stream::cohere(data));

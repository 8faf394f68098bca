//! libFuzzer around [`dvara_fuzz::embedding::answer`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::embedding::answer(data));

//! Letters that look like ASCII ones, by code point: the table behind [`super::fold::fold`].
//!
//! Made from the compatibility decompositions of Unicode 15 (accents, fullwidth, mathematical and enclosed letters) and the
//! look-alikes of Cyrillic, Greek, Armenian and Cherokee, the small capitals and the letters that are written upside down; and,
//! letter by letter, what alphabets of fancy text take from elsewhere.

use std::sync::LazyLock;

/// Runs of neighbours: the first code point, and what it and the ones after it stand for; a space stands for itself alone.
pub(super) const RUNS: &[(u32, &str)] = &[
    (0x00A1, "i l      a"),
    (
        0x00B2,
        "23     1o     aaaaaa ceeeeiiii nooooo ouuuuy  aaaaaa ceeeeiiii nooooo ouuuuy yaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkk llllllllllnnnnnn   oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzsbbbg   cc ddd    ffg   ikkl  nnooo  pp     ttttuu vyyzz",
    ),
    (
        0x01C5,
        "d  l  n aaiioouuuuuuuuuueaaaa  ggggkkoooo  j d gg  nnaa  ooaaaaeeeeiiiioooorrrruuuusstt  hhnd  zzaaeeooooooooyylnt   accltsz  b  eejj qrryyaa bccdd",
    ),
    (
        0x025F,
        "fggg  hh iiilll m mnnn    r  rrj r s    tt  vvwyyzz",
    ),
    (0x0299, "b  hjklq"),
    (0x02B0, "h jr   wy"),
    (0x02E1, "lsx"),
    (
        0x0386,
        "a ehi o y iab  ezh ik mn o p  ty x  iyaeniuaby ezn ik  v o p otu x wiuouw b yyy",
    ),
    (0x03F0, "kpcj e"),
    (
        0x0400,
        "ee   siij   k y a b  e    k mho pcty x      b   a br e 3  k mhonpcty xu w",
    ),
    (0x0450, "ee r siij   k y  w"),
    (0x0475, "v v"),
    (0x0491, "r f"),
    (0x04AF, "y"),
    (0x04BB, "h    l"),
    (0x04CF, "laaaa  ee"),
    (0x04DF, "3      oo      yyyyyy"),
    (0x0501, "d"),
    (0x050C, "gg"),
    (0x051B, "q w"),
    (0x0570, "h"),
    (0x0578, "n    u   g  po"),
    (0x13A1, "rt  i    a e      w   m   h"),
    (0x13C3, "z"),
    (0x13DA, "s   l   p"),
    (0x1D00, "a   cd e ijk m o"),
    (0x1D18, "p  tu   vwz"),
    (
        0x1D2C,
        "a b de ghijklmn o prtuwa   bde   g km o   ptu  v      iruv      bdfmnprrstz      p  bdfgklmnprs vxza de   i  u  c   f",
    ),
    (0x1DBB, "z"),
    (
        0x1E00,
        "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyas    aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy    yyaaaaaaaaaaaaaaaaeeeeee  eeeeee  nnnnnnnnhhhhhhhhiiiiiiiiiiiiiiiioooooo  oooooo  uuuuuuuu y y y ywwwwwwww",
    ),
    (
        0x1F70,
        "aaeenniioouuww  aaaaaaaaaaaaaaaannnnnnnnhhhhhhhhwwwwwwww",
    ),
    (
        0x1FB0,
        "aaaaa aaaaaaa i   nnn nneehhh   iiii  iiiiii    uuuuppuuyyyyp     www wwoo",
    ),
    (0x2070, "0i  456789     n0123456789      aeox hklmnpst"),
    (0x20AC, "e"),
    (0x2102, "c"),
    (0x210A, "ghhhh iill n   pqrrr      z   z kabc eef mo    i"),
    (0x2145, "ddeij"),
    (0x2160, "i   v    x  lcdmi   v    x  lcdm"),
    (0x2460, "123456789"),
    (0x2474, "123456789"),
    (
        0x249C,
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0",
    ),
    (0x2BBE, "x"),
    (0x2C60, "lllprathhkkzz m  vwwv   e o jvsz"),
    (0xA730, "fs"),
    (0xA740, "kkkkkk  lloooo  ppppppqqqq    vv"),
    (0xA78E, "l nnccchbbff      ggkknnrrssh  l q  j     uu"),
    (0xA7C4, "cszddss"),
    (0xA7F2, "cfq"),
    (0xFF10, "0123456789"),
    (
        0xFF21,
        "abcdefghijklmnopqrstuvwxyz      abcdefghijklmnopqrstuvwxyz",
    ),
    (
        0x1D400,
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefg ijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza cd  g  jk  nopq stuvwxyzabcd f hijklmn pqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzab defg  jklmnopq stuvwxy abcdefghijklmnopqrstuvwxyzab defg ijklm o   stuvwxy abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    ),
    (
        0x1D7CE,
        "01234567890123456789012345678901234567890123456789",
    ),
    (
        0x1F110,
        "abcdefghijklmnopqrstuvwxyzscr   abcdefghijklmnopqrstuvwxyz      abcdefghijklmnopqrstuvwxyz      abcdefghijklmnopqrstuvwxyz",
    ),
    (0x1F1A5, "d"),
];

/// Single letters that look like an ASCII one, or are used for it: Coptic, Lisu, Cherokee, syllabics, signs of currencies.
#[rustfmt::skip]
const SINGLE: &[(u8, &str)] = &[
    (b'a', "Λдᗩ₳∂⍺Ⲁⲁꓮꭺ"),
    (b'b', "ƄɮБЪбъь฿ᏴᏼᗷⲂⲃꓐ"),
    (b'c', "¢ϹᏟᑕ₵Ⲥⲥꓚꮯ"),
    (b'd', "ժᎠᏧᗪꓒꓓꭰꮷ"),
    (b'e', "ɛЭэєҽӘәᗴ℮ꓰꬲꭼ"),
    (b'f', "ʄϜϝᖴẝ₣ꓝꬵ"),
    (b'g', "ƍᏀᘜ₲ꓖꮐ"),
    (b'h', "ɧЋћᏂᕼⲎⲏꓧꮋꮒ"),
    (b'i', "⍳Ⲓⲓꓲꙇꭵ"),
    (b'j', "Ꭻᒍꓙꭻ"),
    (b'k', "ĸҚқҜҝҞҟӃӄᏦ₭Ⲕⲕꓗꮶ"),
    (b'l', "Ɩǀǁᒪⵏꓡꮮ"),
    (b'm', "ӎᗰ₥Ⲙⲙꓟꮇ"),
    (b'n', "ŊŋИиռᑎ₦Ⲛⲛꓠ"),
    (b'o', "ɵӨөჿᎾⲞⲟꓳꮎ"),
    (b'p', "Þþƿᑭ₱⍴Ⲣⲣꓑꮲ"),
    (b'q', "Ϙϙգզᑫ"),
    (b'r', "ЯяᖇᴦⲄⲅꓣꭇꭈꭱ"),
    (b's', "ƽֆᔕ₴ꓢꮪ"),
    (b't', "₮Ⲧⲧꓔꭲ"),
    (b'u', "ɄʉʊμЦՍᏌᑌꓴꭎꭒꮜ"),
    (b'v', "ѴᏉᏙᐯꓦꮙ"),
    (b'w', "ЩщԜաᗯ₩Ⲱⲱꓪꮃ"),
    (b'x', "ҲҳӼӽӾӿᕁᕽ᙭Ⲭⲭꓫ"),
    (b'y', "ɣყⲨⲩꓬꭚ"),
    (b'z', "ᘔꓜꮓ"),
];

/// The same by code point.
pub(super) static BY_CHARACTER: LazyLock<Vec<(char, u8)>> = LazyLock::new(|| {
    let mut letters: Vec<(char, u8)> = SINGLE
        .iter()
        .flat_map(|(letter, alike)| alike.chars().map(|character| (character, *letter)))
        .collect();
    letters.sort_unstable();
    letters
});

//! Who visits, and what there is to buy. A few names are awkward on purpose: markup, emoji and other scripts are legal in
//! telemetry, and a page that shows it has to cope.

use crate::demo::random::Random;

/// Somebody with a browser, or the shop's app.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) user: String,
    pub(crate) session: String,
    pub(crate) address: String,
    pub(crate) agent: &'static str,
}

/// How often an agent is one of the odd ones.
const ODD_AGENT_SHARE: f64 = 0.01;

const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];

const ODD_AGENTS: [&str; 3] = [
    "<script>alert('agent')</script><img src=x onerror=alert(1)>",
    "curl/8.16.0 \u{1b}[31mred\u{1b}[0m",
    "\u{1f6d2} ShopBot/1.0 (\u{202e}tob a ton\u{202c}; 日本語)",
];

impl Visitor {
    pub(crate) fn new(random: &mut Random) -> Self {
        let agents = if random.chance(ODD_AGENT_SHARE) {
            &ODD_AGENTS[..]
        } else {
            &AGENTS[..]
        };
        // 198.18.0.0/15 is set aside for tests.
        let (host, device) = (random.between(0, 255), random.between(1, 254));
        Self {
            user: format!("u-{}", random.between(10_000, 14_999)),
            session: format!("{:012x}", random.between(0, 0xFFFF_FFFF_FFFF)),
            address: format!("198.18.{host}.{device}"),
            agent: *random.pick::<&'static str>(agents),
        }
    }
}

/// Something to buy.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) sku: &'static str,
    pub(crate) name: &'static str,
    pub(crate) cents: u64,
}

const fn product(sku: &'static str, name: &'static str, cents: u64) -> Product {
    Product { sku, name, cents }
}

pub(crate) static PRODUCTS: [Product; 16] = [
    product("LMP-0117", "Desk lamp, brass", 6_900),
    product("LMP-0342", "Reading light, clip-on", 2_450),
    product("CHR-2001", "Oak chair", 18_900),
    product("CHR-2040", "Folding stool", 3_900),
    product("TBL-3310", "Dining table, 180 cm", 64_900),
    product("TXT-4102", "Wool blanket", 8_900),
    product("TXT-4188", "Linen curtains (2)", 7_400),
    product("KTC-5005", "Cast iron pan, 28 cm", 5_900),
    product("KTC-5093", "Chef's knife <8 inch>", 9_900),
    product("KTC-5177", "Kettle \u{2615} \"Morning & Co.\"", 4_900),
    product("GRD-6001", "Plant pot, terracotta", 1_290),
    product("GRD-6012", "Gießkanne, 5 l", 2_190),
    product("AUD-7020", "Headphones \u{1f3a7}, wireless", 12_900),
    product("AUD-7031", "Plattenspieler „Nord“", 27_900),
    product("BTH-8004", "タオル, bath towel", 1_990),
    product("BTH-8110", "Mirror, round", 5_400),
];

pub(crate) const CATEGORIES: [&str; 5] = ["lighting", "seating", "kitchen", "garden", "audio"];

/// What people type into the search box.
pub(crate) const SEARCHES: [&str; 10] = [
    "lamp",
    "oak table",
    "blanket",
    "kettle",
    "headphones wireless",
    "knife",
    "plant pot",
    "gieskanne",
    "towel タオル",
    "mirror",
];

/// And now and then.
pub(crate) const ODD_SEARCHES: [&str; 3] = [
    "<b>\"cheap\"</b> \u{1f525}",
    "'; DROP TABLE products; --",
    "\u{202e}pmal\u{202c} \u{1b}[1mlamp",
];

use super::*;
use std::time::Instant;

#[test]
fn headings_begin_at_two_with_ids_of_their_own() {
    let html = render("# Über uns\n\n## A `b`\n\n## A b\n\n###### six\n\n[up](#a-b)");
    assert!(html.contains("<h2 id=\"doc-über-uns\">Über uns</h2>"), "{html}");
    assert!(html.contains("<h3 id=\"doc-a-b\">A <code>b</code></h3>"), "{html}");
    assert!(html.contains("<h3 id=\"doc-a-b-1\">"), "{html}");
    assert!(html.contains("<h6 id=\"doc-six\">"), "{html}");
    assert!(html.contains("href=\"#doc-a-b\""), "{html}");
    assert!(render_with("c7-", "# x").contains("id=\"c7-x\""));
    assert!(render("<h1 align=center>T</h1>").contains("<h2>T</h2>"));
}

#[test]
fn github_markdown_works() {
    let html = render("|a|b|\n|-|-|\n|1|2|\n\n~~x~~ and[^n]\n\n- [x] done\n- [ ] open\n\n[^n]: note\n");
    assert!(html.contains("<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>"), "{html}");
    assert!(html.contains("</table></div>") && html.contains("<del>x</del>"), "{html}");
    assert!(html.contains("☑ done") && html.contains("☐ open") && !html.contains("<input"), "{html}");
    assert!(html.contains("href=\"#doc-fn-n\"") && html.contains("id=\"doc-fn-n\""), "{html}");
}

#[test]
fn code_is_highlighted_and_scrolls() {
    let html = render("```python\ndef f(): return \"<b>\"\n```\n\n    plain <i>\n");
    assert!(html.contains("<pre tabindex=\"0\"><code><span class=\"hl-keyword\">def</span>"), "{html}");
    assert!(html.contains("&lt;b&gt;") && html.contains("plain &lt;i&gt;"), "{html}");
}

#[test]
fn links_go_only_where_they_may() {
    let html = render("[a](https://x.org) [b](mailto:a@b.c) [c](docs/x.md) <https://y.org>");
    assert_eq!(html.matches("rel=\"nofollow noopener ugc\"").count(), 4, "{html}");
    for target in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "&#106;avascript:alert(1)",
        "\u{1}javascript:x",
        "file:///etc",
    ] {
        let html = render(&format!("[x](<{target}>) <a href=\"{target}\">y</a>")).to_lowercase();
        assert!(
            !html.contains("href=\"javascript")
                && !html.contains("href=\"java\\t")
                && !html.contains("href=\"d")
                && !html.contains("href=\"v")
                && !html.contains("\"javascript:"),
            "{target:?}: {html}"
        );
        assert!(!html.contains("href=\"file"), "{html}");
    }
}

#[test]
fn images_leave_their_words() {
    let html = render("![a plot](https://evil.example/x.png) <img src=x onerror=alert(1) alt=y> ![in](a.png)");
    assert!(html.contains("<em>a plot</em>") && !html.contains("<img") && !html.contains("evil.example"), "{html}");
}

/// Reads the result as a browser would and looks at every element and attribute.
fn assert_harmless(source: &str) {
    let html = render(source);
    let allowed = ["href", "title", "id", "class", "rel", "open", "start", "colspan", "rowspan", "tabindex", "role", "aria-label"];
    for element in scraper::Html::parse_fragment(&html).root_element().descendent_elements() {
        let value = element.value();
        assert!(value.name() == "html" || ELEMENTS.contains(&value.name()), "{source:?}: {} in {html}", value.name());
        for (name, text) in value.attrs() {
            assert!(allowed.contains(&name), "{source:?}: {name} in {html}");
            assert!(
                !(name == "href" && text.chars().filter(|c| !c.is_control()).collect::<String>().to_lowercase().trim().starts_with("javascript")),
                "{source:?}: {html}"
            );
            assert!(
                name != "class" || text.is_empty() || text.starts_with("hl-") || text.starts_with("footnote-") || text == "table-scroll",
                "{html}"
            );
            assert!(name != "id" || text.starts_with("doc-"), "{html}");
        }
    }
}

#[test]
fn hostile_texts_come_out_harmless() {
    let list = [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//x></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href=x onclick=alert(1)>x</a>",
        "<div hx-get=/admin hx-trigger=load>x</div>",
        "<div data-hx-get=/x data-x=1>x</div>",
        "<p style='position:fixed;inset:0'>x</p>",
        "<form action=//x><input name=password><button>ok</button></form>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<a title=\"<table> onclick=alert(1) x\" href=\"/<pre>\">x</a>",
        "<a href=\"/<table>\" title='<pre>'>x</a>",
        "<div class='modal btn' id='main'>x</div>",
        "# x {#main .modal onclick=alert(1)}",
        "<h2 id=x>y</h2>\n\n# x\n",
        "<base href=//evil><meta http-equiv=refresh content=0><link rel=stylesheet href=x>",
        "<template><script>alert(1)</script></template>",
        "<details open ontoggle=alert(1)>x</details>",
        "```\"><script>alert(1)</script>\nx\n```",
        "``` \"onload=x\nx\n```",
        "[x]: javascript:alert(1)\n[x]",
        "<a href=\"&#x6A;avascript:alert(1)\">x</a>",
        "[^<script>]\n\n[^<script>]: x",
        "|<script>|\n|-|\n|<img onerror=x>|",
        "</main></body><h1>spoof</h1>",
        "<!-- --!><script>alert(1)</script> -->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<xmp><script>x</script></xmp>",
        "<textarea></textarea><script>1</script>",
        "<a href='java\u{0}script:alert(1)'>x</a>",
        "<table><td background=x><table>",
        "<span class=\"hl-string btn\">x</span>",
        "![\" onerror=\"alert(1)](x)",
        "<div tabindex=0 role=alert aria-live=assertive>x</div>",
        "<video src=x autoplay></video><audio src=x>",
        "\0<b>\u{202e}x",
    ];
    for source in list {
        assert_harmless(source);
        assert_harmless(&format!("- > {source}\n\n{source}"));
    }
}

#[test]
fn hostile_sizes_are_quick() {
    let started = Instant::now();
    for piece in [
        "> ", "- ", "<div>", "<b><p>", "[", "![a](", "*a_ ", "`", "<a href=x>", "[^a]", "|a", "&", "<table><tr><td>", "# x\n", "1. ", "<!--",
        "<i>x</i><u>",
    ] {
        for size in [8_000, 80_000] {
            let started = Instant::now();
            render(&piece.repeat(size / piece.len()));
            assert!(started.elapsed().as_secs() < 30, "{piece}");
        }
    }
    assert!(started.elapsed().as_secs() < 120);
    assert!(render(&"x".repeat(MOST + 1)).starts_with("<pre>"));
}

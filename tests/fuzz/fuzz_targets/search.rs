//! Any words are searched for without an error; what is found fits what is said of it, and the query's address asks the same again.
#![no_main]

use std::sync::LazyLock;

use galleria::algorithms::Reader;
use galleria::clock;
use galleria::config::Address;
use galleria::db::Db;
use galleria::entries::{Entry, put};
use galleria::search::{Catalogue, Facet, PAGE, Query};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// Of every kind of word that is cut in a way of its own.
const LINES: [&str; 8] = [
    r#"{"publisher":"ann","name":"iris-forest","title":"Iris forest","summary":"Decision trees that vote on flowers","task":"Tabular classification","framework":"scikit-learn"}"#,
    r#"{"publisher":"ann","name":"gpt-2","title":"GPT-2 fine-tuning","summary":"A language model of your own","task":"Text generation","framework":"PyTorch","license":"MIT"}"#,
    r#"{"publisher":"bob","name":"yolov8n","title":"YOLOv8n détection d'objets","summary":"Boxes around what is in a picture","task":"Object detection","framework":"PyTorch"}"#,
    r#"{"publisher":"bob","name":"xgboost","title":"XGBoost","summary":"Gradient boosting of trees","subscribers":12,"likes":3,"task":"Tabular regression"}"#,
    r#"{"publisher":"hanzi","name":"fenlei","title":"图像分类算法","summary":"基于卷积神经网络","task":"Image classification"}"#,
    r#"{"publisher":"nihon","name":"honyaku","title":"日本語から英語への翻訳モデル","summary":"テキスト","task":"Translation"}"#,
    r#"{"publisher":"hangul","name":"k-means","title":"한국어 군집화","summary":"k-means++ for C# and C++ users"}"#,
    r#"{"publisher":"strasse","name":"strasse","title":"Straßenverkehr ﬁnden İstanbul","summary":"e\u0301 é ı I 🦀🏳️‍🌈 word\u200djoined"}"#,
];

struct Gallery {
    db: Db,
    catalogue: Catalogue,
    _folder: TempDir,
}

static GALLERY: LazyLock<Gallery> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&Address::Sqlite(folder.path().join("g.db")), 4).expect("opens");
    let entries = LINES.map(|line| Entry::read(line).expect("reads"));
    db.write(|conn| put(conn, &entries, clock::now())).expect("writes");
    let catalogue = Catalogue::following(&db, folder.path());
    Gallery { db, catalogue, _folder: folder }
});

fuzz_target!(|text: &str| {
    let Gallery { db, catalogue, .. } = &*GALLERY;
    // What a form sends: the words, and behind a line's end whatever else there may be.
    let (words, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut pairs: Vec<(String, String)> = serde_html_form::from_str(rest).unwrap_or_default();
    pairs.push(("q".to_owned(), words.to_owned()));
    let query = Query::read(&pairs);
    let again: Vec<(String, String)> = serde_html_form::from_str(&query.to_url()).expect("an address");
    assert_eq!(Query::read(&again), query.clone().at_page(1));

    let found = catalogue.search(db, Reader::default(), query).expect("finds");
    assert!(!found.building && found.visible == LINES.len() && found.total <= found.visible && found.cards().len() == found.total.min(PAGE));
    for card in found.cards() {
        for text in [&card.about.title, &card.about.summary] {
            assert_eq!(found.marked(text).iter().map(|stretch| stretch.text).collect::<String>(), **text);
        }
    }
    for facet in Facet::ALL {
        assert!(found.choices(facet).iter().all(|choice| choice.count <= found.visible));
    }
    for way in found.loosenings.iter().map(|way| (way.query.clone(), way.total)).chain(found.meant.map(|meant| (meant.query, 1))) {
        assert!(catalogue.search(db, Reader::default(), way.0).expect("finds").total >= way.1, "what is proposed finds what it promises");
    }
    assert!(catalogue.suggest(db, Reader::default(), words).expect("suggests").len() <= 8);
});

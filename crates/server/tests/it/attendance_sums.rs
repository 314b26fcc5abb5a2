//! What the records of attendance add up to, kept beside them. That it is right is also looked at after every other story.

use lamplight_features::attendance::find_wrong_sums;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    attendance::{PATH, id, row},
    support::{
        Backend, Institute, Member, both_databases,
        program::{self, lamplight},
    },
};

impl Institute {
    /// What `lamplight verify` says of an institute whose server has ended.
    pub(crate) async fn verify(&self, more: &[&str]) -> program::Said {
        let folder = self.settings.data_dir.parent().unwrap();
        let words = [&["verify"], more].concat();
        program::run(lamplight(folder, &self.environment(), &words), "").await
    }
}

both_databases!(what_is_kept_as_sums_is_what_the_days_add_up_to, async |institute: Institute| {
    let people = &institute.people;
    let mut random = StdRng::seed_from_u64(31);
    let kinds = ["Theory", "Practical", "Clinical"];
    for step in 0..60 {
        let statuses = ["Present", "Absent", "Late", "Leave", "Medical Leave", "Holiday"];
        let mut one = |who: &Member| row(who, statuses[random.random_range(0..6)], 3);
        let rows = json!([one(&people.asha), one(&people.gone)]);
        // Few dates and subjects, so that most are corrections: of the status, the hours, the kind, the spelling.
        let subject = ["Anatomy", "ANATOMY", "Child Health"][random.random_range(0..3)];
        let date = format!("2026-11-{:02}", random.random_range(1..8));
        let kind = kinds[random.random_range(0..3)];
        let class = institute.class_but(&rows, &json!({"subject": subject, "date": date, "type": kind, "reason": "x"}));
        institute.record(&people.office, &class).await;
        if step % 7 == 0 {
            let list = institute.listed("studentId=asha").await;
            let one = &list["attendance"][0];
            let path = format!("{PATH}/{}?reason=x&rev={}", one["_id"].as_str().unwrap(), one["rev"]);
            assert_eq!(institute.bare("DELETE", &people.office, &path).await.status, 200);
        }
        assert_eq!(find_wrong_sums(institute.store().reader()).await.unwrap(), 0, "after step {step}");
    }
    // Of some days the records are counted, of all days the sums are.
    for who in [&people.asha, &people.gone] {
        let days = format!("studentId={}&from=2026-01-01&to=2026-12-31", id(who));
        let all = format!("studentId={}", id(who));
        let (days, all) = (institute.listed(&days).await, institute.listed(&all).await);
        assert_eq!(days["stats"], all["stats"]);
        assert!(all["stats"]["total"].as_i64().unwrap() > 5, "{}", all["stats"]);
    }
});

#[tokio::test]
async fn the_operator_is_told_of_wrong_sums_and_can_have_them_counted_anew() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    let class =
        institute.class(&json!([row(&institute.people.asha, "Present", 4), row(&institute.people.gone, "Absent", 0)]));
    institute.record(&institute.people.office, &class).await;
    institute.execute("UPDATE attendance_sums SET classes = 7 WHERE status = 'Absent'", []).await;
    institute.stop().await;
    let wrong = institute.verify(&[]).await;
    assert!(!wrong.success && wrong.err.contains("1 sums") && wrong.err.contains("--recount"), "{wrong:?}");
    let mended = institute.verify(&["--recount"]).await;
    assert!(mended.success && mended.out.contains("1 were wrong"), "{mended:?}");
    let right = institute.verify(&[]).await;
    assert!(right.success && right.out.contains("what its records add up to"), "{right:?}");
}

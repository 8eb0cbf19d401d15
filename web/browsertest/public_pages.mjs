// The addresses of every public page, in every state that looks different: what
// the browser tests and the checker of markup go through. A new page or state
// gets its line here, and with it all the checks.

// pages are answered with 200.
export const pages = {
  start: '/',
  'start-past': '/?as-of=2026-07-01',
  'start-before-all': '/?as-of=2026-06-30',
  register: '/register',
  'register-filtered': '/register?type=identifiable&opt_outs=applied&organisation=university-of-leeds',
  'register-nothing': '/register?q=zzzzzz&type=identifiable',
  'register-phrase': '/register?q=%22heart+failure%22',
  'register-sorted': '/register?kind=release&type=identifiable&opt_outs=applied&sort=organisation',
  'register-later-page': '/register?after=5640',
  'register-before-all': '/register?as-of=2026-06-30',
  'register-past': '/register?as-of=2026-07-01',
  release: '/register/700',
  purposes: '/register/31',
  agreement: '/agreements/NIC-110660-G9W6M',
  'agreement-diff': '/agreements/NIC-386685-K2B6G/diff/0.4/1.2',
  'agreement-local': '/agreements/CASEMIX_NHSE',
  'agreement-unversioned': '/agreements/NIC-154590-YG6QH',
  organisations: '/organisations',
  organisation: '/organisations/nhs-stockport-ccg',
  'organisation-past': '/organisations/nhs-stockport-ccg?as-of=2026-07-01',
  'organisation-large': '/organisations/university-of-oxford?page=2',
  datasets: '/datasets',
  dataset: '/datasets/hospital-episode-statistics-admitted-patient-care',
  editions: '/editions',
  edition: '/editions/77554e3f476e1d223ec5c2455b661ca9bd482b5602e5bea272afc7ba36d13611',
  flags: '/flags',
  'flags-past': '/flags?as-of=2026-07-01',
  'flag-groups': '/flags/mixed-opt-outs',
  'flag-filtered': '/flags/mixed-opt-outs?explained=no&organisation=nhs-stockport-ccg',
  'flag-entries': '/flags/M9?page=2',
  'flag-none': '/flags/overdue-destruction',
  statistics: '/statistics',
  'statistics-before-all': '/statistics?as-of=2026-06-30',
  changes: '/editions/77554e3f476e1d223ec5c2455b661ca9bd482b5602e5bea272afc7ba36d13611/changes/77554e3f476e1d223ec5c2455b661ca9bd482b5602e5bea272afc7ba36d13611',
  'my-record': '/my-record',
  'my-record-answer': '/my-record?family=mental-health&family=deaths&from=2010&place=Stockport',
  'my-record-group': '/my-record?family=hospital-stays&only=could',
  glossary: '/glossary',
  verify: '/verify',
  totals: '/register/totals',
  accessibility: '/accessibility',
  about: '/about'
}

// failing are answered with an error, whose page is a page too.
export const failing = {
  'not-found': '/register/999999',
  'organisation-not-found': '/organisations/nobody-at-all',
  'bad-request': '/register?type=secret&from=1+May',
  'flag-unknown': '/flags/nothing',
  'flag-wrong': '/flags/M1?explained=perhaps&page=0',
  'bad-day': '/organisations?as-of=yesterday',
  'my-record-wrong': '/my-record?from=2020&to=2010&family=nothing'
}

import { neutrals } from "../picture/theme.ts"

const palette = { light: "#fff", dark: "#14161a" }

// A chart's neutral colours follow the page: each one is an attribute value in its SVG.
const chartNeutrals = Object.entries(neutrals)
  .map(
    ([name, colour]) =>
      `.chart [fill="${colour}"]{fill:var(--${name})}.chart [stroke="${colour}"]{stroke:var(--${name})}`,
  )
  .join("\n")

/** The style sheet of a report. */
export const style = `
:root{color-scheme:light dark;--page:${palette.light};--raised:#f6f7f8;--ink:${neutrals.ink};--muted:#5d646f;--axis:${neutrals.axis};--grid:${neutrals.grid};
--accent:#0b62a0;--exact:#dcebf7;--bound:#fbeccb;--estimate:#d5f0e6;--baseline:#e9ebee}
@media screen and (prefers-color-scheme:dark){:root{--page:${palette.dark};--raised:#1d2025;--ink:#e7e9ec;--muted:#9aa3af;--axis:#6b7280;--grid:#2d3138;
--accent:#7ab8ea;--exact:#12364f;--bound:#463510;--estimate:#0f3d30;--baseline:#2d3138}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:1100px;margin:0 auto;padding:0 clamp(20px,4vw,48px)}
header{padding-top:clamp(36px,7vw,80px)}
h1{font-size:clamp(1.8rem,4.6vw,2.9rem);line-height:1.14;letter-spacing:-.022em;font-weight:650;margin:.2rem 0 1.6rem;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.35rem;line-height:1.25;letter-spacing:-.012em;font-weight:620;margin:0 0 1.1rem}
h3{font-size:.95rem;font-weight:600;margin:0 0 .6rem}
.eyebrow{color:var(--muted);font-size:.82rem;letter-spacing:.08em;text-transform:uppercase;margin:0}
.result{border-left:3px solid var(--accent);margin:0 0 2.2rem;padding:.1rem 0 .1rem 1.1rem}
.result strong{display:block;font-size:clamp(1.35rem,3.2vw,1.9rem);line-height:1.3;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.result span,.lede,.quiet{color:var(--muted)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:1.2rem 2.4rem;margin:0;padding:1.4rem 0;border:solid var(--grid);border-width:1px 0}
.facts div,.facts dd{min-width:0;overflow-wrap:anywhere}
dt{color:var(--muted);font-size:.8rem}
dd{margin:.1rem 0 0}
.quiet{display:block;font-size:.85rem}
.cites{font-size:.88rem;color:var(--muted);margin-top:1.2rem}
.cites h2{font-size:.8rem;font-weight:400;letter-spacing:0;margin:0 0 .2rem}
.cites ul{margin:0;padding:0;list-style:none}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:1px}
nav{max-width:1100px;margin:1.6rem auto 0;padding:0 clamp(20px,4vw,48px);display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;font-size:.88rem}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
section{margin-top:clamp(44px,6vw,72px);scroll-margin-top:20px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;line-height:1.45}
caption{caption-side:bottom;text-align:left;color:var(--muted);font-size:.84rem;padding-top:.8rem}
th,td{text-align:left;vertical-align:top;padding:.62rem 1.4rem .62rem 0;border-bottom:1px solid var(--grid);font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);font-size:.8rem;white-space:nowrap;border-bottom-color:var(--axis)}
tbody th{font-weight:550}
th small{display:block;color:var(--muted);font-weight:400;font-size:.84rem;max-width:34ch}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.kind{display:inline-block;white-space:nowrap;border-radius:4px;padding:.06rem .5rem;font-size:.84rem;background:var(--baseline)}
.kind.exact{background:var(--exact)}.kind.bound{background:var(--bound)}.kind.estimate{background:var(--estimate)}
.pairs{width:auto;min-width:min(100%,560px)}
.pairs th{width:15rem;color:var(--muted);font-weight:400;padding-right:2.4rem;white-space:nowrap}
.pairs td{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
#configuration .pairs th,#configuration .pairs td,#receipt .pairs td,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.84rem}
figure{margin:0 0 2.4rem;min-width:0}
figure:last-child{margin-bottom:0}
figcaption{color:var(--muted);font-size:.88rem;line-height:1.5;margin-top:.7rem;max-width:70ch}
.chart svg{display:block;max-width:100%;min-width:min(100%,560px);height:auto;margin-left:-12px}
@media screen and (prefers-color-scheme:dark){.chart .role-mark,.chart .role-legend-symbol{filter:brightness(1.25)}}
.chart text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
${chartNeutrals}
.gallery{display:flex;flex-wrap:wrap;gap:2.4rem 3rem;align-items:flex-start}
.gallery figure{margin:0;max-width:100%}
.picture{width:max(var(--width),20rem)}
.picture img{display:block;max-width:100%;height:auto;image-rendering:pixelated;border-radius:3px}
.refused{border-left:3px solid var(--bound);padding-left:1rem;color:var(--muted)}
.command{background:var(--raised);border-radius:6px;padding:1rem 1.2rem;margin:0 0 1.4rem;white-space:pre-wrap;overflow-wrap:anywhere}
footer{margin-top:clamp(44px,6vw,72px);padding-top:1.2rem;padding-bottom:3rem;color:var(--muted);font-size:.84rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:640px){.chart svg{min-width:560px;margin-left:-7px}section{margin-top:48px}
.pairs th{width:auto;white-space:normal;padding-right:1.2rem}
.estimates,.estimates tbody,.estimates caption{display:block}.estimates thead{display:none}
.estimates tr{display:grid;grid-template-columns:auto auto 1fr;justify-items:start;gap:.2rem .9rem;padding:.9rem 0;border-bottom:1px solid var(--grid)}
.estimates th,.estimates td{border:0;padding:0}.estimates th,.estimates td:nth-of-type(-n+2){grid-column:1/-1}
}
@media print{:root{color-scheme:light}body{font-size:11pt}nav{display:none}table{font-size:8.5pt}th,td{padding-right:.8rem}.number{white-space:normal}.kind,th small{font-size:inherit}header{padding-top:0}section{margin-top:28pt}
figure,tr,pre,.result{break-inside:avoid}h2,h3{break-after:avoid}.wide{overflow:visible}}
`

"""The colours of every plot, in light and in dark: seven series told apart at 4.5 : 1 against their ground."""

from typing import Final

STYLE: Final = """
svg {
  background: #fff; color-scheme: light dark;
  font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
text { fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.quiet { fill: #57606a }
.invert { fill: #fff }
.halo { paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round }
.grid { stroke: #d8dee4; stroke-width: 1 }
.axis { stroke: #57606a; stroke-width: 1 }
.limit { stroke: #24292f; stroke-width: 1; stroke-dasharray: 1 3 }
.cell { stroke: #fff }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.stroke { stroke: var(--c) }
.fill { fill: var(--c) }
.s0 { --c: #0b5fb0 } .s1 { --c: #b3470d } .s2 { --c: #17703c } .s3 { --c: #8a2f8f }
.s4 { --c: #7a5c00 } .s5 { --c: #a3243b } .s6 { --c: #57606a }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 }
  text { fill: #e6edf3 }
  .quiet { fill: #9da7b3 }
  .invert { fill: #0d1117 }
  .halo { stroke: #0d1117 }
  .grid { stroke: #272e37 }
  .axis { stroke: #9da7b3 }
  .limit { stroke: #e6edf3 }
  .cell { stroke: #0d1117 }
  .s0 { --c: #58a6ff } .s1 { --c: #f0883e } .s2 { --c: #4cc274 } .s3 { --c: #d78bdd }
  .s4 { --c: #d9b343 } .s5 { --c: #ff7b8a } .s6 { --c: #9da7b3 }
}
"""

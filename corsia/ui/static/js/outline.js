// On a telephone the parts of an outline lie in a strip: the one in hand is scrolled to.
import { $ } from "./lib/dom.js";

$(".nt-o [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

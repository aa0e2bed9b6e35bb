// Lists and tabs of a page are changed in place; see swap.js.
import { swapping } from "./swap.js";

swapping();

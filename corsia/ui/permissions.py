"""Who may look at the page of components. The role is named as text: the design system knows no organisation."""

from corsia.kernel.access import right

SEE_COMPONENTS = right("ui.see_components", "administrator")

"""How forms look: Django's own form templates, ours first."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Finds `templates/forms/field.html` before Django's."""

    field_template_name = "forms/field.html"

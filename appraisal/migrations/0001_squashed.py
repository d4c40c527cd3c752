"""Every table of this room in one step; a database from before goes through the single steps it replaces."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('appraisal', '0001_initial'), ('appraisal', '0002_initial'), ('appraisal', '0003_risk_of_bias_and_extraction')]

    initial = True

    dependencies = [
        ('reviews', '0001_squashed'),
        ('reviews', '__first__'),
        ('screening', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('instrument', models.CharField(help_text='A key of appraisal.instruments or of an own tool.', max_length=30)),
                ('tool_version', models.PositiveIntegerField(default=1, help_text='Of an own tool; built-in tools have one.')),
                ('time_point', models.CharField(blank=True, max_length=120)),
                ('result_label', models.CharField(blank=True, help_text='The numerical result that was assessed, for example SMD -0.4.', max_length=300)),
                ('several_together', models.BooleanField(help_text='Whether several concerns together substantially lower confidence, where a tool asks.', null=True)),
                ('kind', models.CharField(choices=[('independent', 'Independent'), ('consensus', 'Consensus')], default='independent', max_length=12)),
                ('state', models.CharField(choices=[('draft', 'In progress'), ('complete', 'Complete')], default='draft', max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('assessor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to=settings.AUTH_USER_MODEL)),
                ('outcome', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='reviews.outcome')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='reviews.review')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='screening.study')),
            ],
            options={
                'ordering': ['study__label', 'kind', 'pk'],
                'constraints': [models.UniqueConstraint(models.F('study'), models.F('instrument'), django.db.models.functions.comparison.Coalesce(models.F('outcome'), 0), models.F('time_point'), models.F('assessor'), condition=models.Q(('kind', 'independent')), name='one_assessment_per_assessor'), models.UniqueConstraint(models.F('study'), models.F('instrument'), django.db.models.functions.comparison.Coalesce(models.F('outcome'), 0), models.F('time_point'), condition=models.Q(('kind', 'consensus')), name='one_consensus_per_result'), models.CheckConstraint(condition=models.Q(('time_point', ''), ('outcome__isnull', False), _connector='OR'), name='a_time_point_is_of_an_outcome'), models.CheckConstraint(condition=models.Q(('kind', 'independent'), ('state', 'complete'), _connector='OR'), name='a_consensus_is_complete'), models.CheckConstraint(condition=models.Q(models.Q(('completed_at', None), ('state', 'draft')), models.Q(('completed_at__isnull', False), ('state', 'complete')), _connector='OR'), name='complete_assessments_have_a_date')],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('support', models.TextField(blank=True)),
                ('quote', models.TextField(blank=True, help_text='Word for word from the report.')),
                ('page', models.CharField(blank=True, help_text='Page of the quote, as the PDF counts.', max_length=40)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('question', models.CharField(help_text='A question key of the tool.', max_length=60)),
                ('value', models.CharField(blank=True, help_text='An option of the question, for example PY.', max_length=10)),
                ('full_text', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='screening.fulltext')),
                ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='appraisal.assessment')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('assessment', 'question'), name='one_answer_per_question')],
            },
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('support', models.TextField(blank=True)),
                ('quote', models.TextField(blank=True, help_text='Word for word from the report.')),
                ('page', models.CharField(blank=True, help_text='Page of the quote, as the PDF counts.', max_length=40)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('domain', models.CharField(help_text='A domain key of the instrument, or overall.', max_length=60)),
                ('value', models.CharField(blank=True, help_text='A level key of the instrument, for example low.', max_length=30)),
                ('proposed', models.CharField(blank=True, help_text="What the tool's rule gave when this was judged, if it gave a level.", max_length=30)),
                ('override_reason', models.TextField(blank=True, help_text='Why the judgement differs from the proposal.')),
                ('direction', models.CharField(blank=True, choices=[('experimental', 'Favours experimental'), ('comparator', 'Favours comparator'), ('towards_null', 'Towards null'), ('away_from_null', 'Away from null'), ('unpredictable', 'Unpredictable')], max_length=20)),
                ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='appraisal.assessment')),
                ('full_text', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='screening.fulltext')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('assessment', 'domain'), name='one_judgement_per_domain'), models.CheckConstraint(condition=models.Q(('value', ''), ('proposed', ''), ('value', models.F('proposed')), models.Q(('override_reason', ''), _negated=True), _connector='OR'), name='an_override_has_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='ReviewTool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text="A key of appraisal.instruments, or the own tool's key.", max_length=30)),
                ('is_own', models.BooleanField(default=False, help_text='Built by the team; its versions hold the tool.')),
                ('designs', models.JSONField(blank=True, default=list, help_text='Study designs it is for (screening Study.Design); empty: every one.')),
                ('order', models.PositiveIntegerField(default=0)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tools', to='reviews.review')),
            ],
            options={
                'ordering': ['order', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'key'), name='tool_key_once_per_review')],
            },
        ),
        migrations.CreateModel(
            name='ToolVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(default=1)),
                ('data', models.JSONField(help_text='As appraisal.instruments.tool_from_data takes it.')),
                ('note', models.TextField(blank=True, help_text='What changed, for those who assess.')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='appraisal.reviewtool')),
            ],
            options={
                'ordering': ['tool_id', 'number'],
                'constraints': [models.UniqueConstraint(fields=('tool', 'number'), name='tool_version_number_once'), models.UniqueConstraint(condition=models.Q(('published_at', None)), fields=('tool',), name='one_draft_version_per_tool')],
            },
        ),
    ]
